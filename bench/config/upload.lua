-- A body of 1 MiB with each request.
wrk.method = "PUT"
wrk.body = string.rep("x", 1024 * 1024)
