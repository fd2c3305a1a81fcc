# One static program and what it needs to speak TLS to others. Build with
#   docker build --build-arg VERSION=$(git describe --tags --always) -t elbow .
# and run with the state in a volume:
#   docker run -v elbow:/var/lib/elbow -p 8095:8095 -p 443:443 -p 443:443/udp elbow
# The root access key is in /var/lib/elbow/root-credentials after the first start,
# or given by ELBOW_ACCESS_KEY_ID and ELBOW_ACCESS_KEY_SECRET.
FROM golang:1.26 AS build
ARG VERSION=unknown
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY cmd cmd
COPY internal internal
RUN CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=$VERSION" -o /out/elbow ./cmd/elbow
# The user may write here: a volume takes over owner and mode.
RUN mkdir -p /out/data && chmod 0700 /out/data

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /out/elbow /usr/bin/elbow
COPY --from=build --chown=65532:65532 /out/data /var/lib/elbow
USER 65532:65532
VOLUME /var/lib/elbow
# API and console; metrics and health; a listener's TCP and UDP.
EXPOSE 8095 8096 443/tcp 443/udp
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/bin/elbow"]
# Load balancers have the container's own addresses, whatever they are: give
# -vswitch ADDRESS/32 at the first start, or the container's network.
CMD ["serve", "-data", "/var/lib/elbow", "-api", ":8095", "-admin", ":8096"]
