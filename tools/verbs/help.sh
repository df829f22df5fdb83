verb_help() {
  cat <<'TEXT'
./meet up [--detach]         build what has changed and run everything on this machine; prints the link
./meet down                  stop the processes that `up` started with the same MEET_HOME
./meet export                print the objects of the installation in MEET_HOME, as YAML for `kubectl apply` on a cluster
./meet test [suite…]         run test suites: unit architecture verify quickstart browser chart web conformance cluster (default: all)
./meet doctor                check whether this machine has what `up` and `test` need
./meet cluster ACTION        a real Kubernetes on this machine with the product: up load-images install test shell crds down
./meet generate              generate CRDs and roles from the types, and the values of the chart from its schema
./meet verify                fail when generated files are out of date
./meet manifest [OPTION…]    print the objects of the chart as one file; accepts the options of `helm template`
./meet bench NAME [--json]   measure media, operator, memory or up; run it on an idle machine
./meet help                  print this text

MEET_PORT       the port of the page (8080)
MEET_HOME       the folder in which `up` stores its data (.meet)
MEET_LISTEN     the address on which the page is served (127.0.0.1)
MEET_ADVERTISE  the addresses to which browsers send media, separated by commas
                (127.0.0.1 and the first other IPv4 address of this machine)
MEET_LANES      how many lanes of suites `test` runs at a time (3, or fewer where the machine is slow or busy)
TEXT
}
