module vault-kv

go 1.19
