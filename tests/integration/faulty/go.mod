module mlplatform.kubeflow/faulty

go 1.24
