module mlplatform.kubeflow/standin

go 1.24
