verb_help() {
  cat <<'TEXT'
./meet up [--detach]         build what is needed and run everything on this machine; prints the link
./meet down                  stop what `up` of the same MEET_HOME started
./meet export                print what was put into the installation of MEET_HOME, as YAML for `kubectl apply` on a cluster
./meet test [suite…]         unit architecture verify quickstart browser chart web conformance cluster; without a name all of them
./meet doctor                look at this machine and say what is missing or too small
./meet cluster WHAT          a real Kubernetes on this machine and the product on it: up load-images install test shell crds down
./meet generate              write CRDs and roles from the types, and the chart's values from its schema
./meet verify                fail when what is written differs from that
./meet manifest [OPTION…]    print the chart's objects as one file; options are those of `helm template`
./meet bench NAME [--json]   media operator memory up; run it on a quiet machine
./meet help                  this text

MEET_PORT       port of the page (8080)
MEET_HOME       folder of everything that `up` keeps (.meet)
MEET_LISTEN     address that the page listens on (127.0.0.1)
MEET_ADVERTISE  addresses that browsers send media to, comma separated
                (127.0.0.1 and this machine's first other IPv4 address)
TEXT
}
