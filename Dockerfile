# One image per program: `docker build --target signpost .`, `docker build --target route53-webhook .`,
# `docker build --target rfc2136-webhook .`
#
# The builder's Debian and the final image's are the same release, so the C library fits. Both run as
# nobody in particular (uid 65532) from a read-only file system; neither holds a shell.

FROM rust:1.95.0-bookworm AS build
WORKDIR /src
# Programs carry the list of what they are made of, which scanners of images read (cargo-auditable).
# The image's toolchain is the pinned one; without this, rustup would fetch its extra components.
ENV RUSTUP_TOOLCHAIN=1.95.0
COPY . .
# What the metric `external_dns_build_info` calls itself: `--build-arg SIGNPOST_REVISION=$(git rev-parse HEAD)`.
ARG SIGNPOST_REVISION=unknown
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo install --locked --root /opt/auditable cargo-auditable --version 0.7.7 && \
    PATH="/opt/auditable/bin:$PATH" cargo auditable build --profile dist --locked --package controller --package route53-webhook --package rfc2136-webhook && \
    install -D --target-directory=/out target/dist/signpost target/dist/route53-webhook target/dist/rfc2136-webhook

FROM gcr.io/distroless/cc-debian12:nonroot AS route53-webhook
LABEL org.opencontainers.image.title="route53-webhook" \
      org.opencontainers.image.description="An external-dns webhook provider for AWS Route 53" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /out/route53-webhook /usr/local/bin/route53-webhook
USER 65532:65532
# The provider's API (on loopback unless told otherwise), and health and metrics.
EXPOSE 8888 8080
ENTRYPOINT ["/usr/local/bin/route53-webhook"]

FROM gcr.io/distroless/cc-debian12:nonroot AS rfc2136-webhook
LABEL org.opencontainers.image.title="rfc2136-webhook" \
      org.opencontainers.image.description="An external-dns webhook provider for name servers that take DNS UPDATE" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /out/rfc2136-webhook /usr/local/bin/rfc2136-webhook
USER 65532:65532
# The provider's API (on loopback unless told otherwise), and health and metrics.
EXPOSE 8888 8080
ENTRYPOINT ["/usr/local/bin/rfc2136-webhook"]

# Last, so that a build without --target makes the controller.
FROM gcr.io/distroless/cc-debian12:nonroot AS signpost
LABEL org.opencontainers.image.title="signpost" \
      org.opencontainers.image.description="Keeps DNS names for Kubernetes true" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /out/signpost /usr/local/bin/signpost
USER 65532:65532
# Health, metrics and the plan.
EXPOSE 7979
ENTRYPOINT ["/usr/local/bin/signpost"]
