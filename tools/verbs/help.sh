verb_help() {
  cat <<'TEXT'
./meet up [--detach]         build what has changed and run everything on this machine; prints the link
./meet down                  stop the processes that `up` or `dev` started with the same MEET_HOME
./meet dev                   like `up`, for development: Debug builds; the page and the C# sources reload when a file changes
./meet logs PART [-f]        print the log of a part of the running installation: api-server operator signaling media-node
./meet export                print the objects of the installation in MEET_HOME, as YAML for `kubectl apply` on a cluster
./meet test [SUITE [WORD…]]… run test suites: unit architecture verify quickstart browser page chart web conformance cluster (default: all);
                             words choose projects, classes or files, as in `./meet test unit Placement`
./meet test fast             run the tests that start no processes, servers or browsers
./meet test --changed        run what tests your changes; ./meet test --help says more
./meet doctor                check whether this machine has what `up` and `test` need
./meet cluster ACTION        a real Kubernetes on this machine with the product: up load-images install test shell crds down
./meet generate              generate CRDs and roles from the types, and the values of the chart from its schema
./meet verify                fail when generated files are out of date
./meet manifest [OPTION…]    print the objects of the chart as one file; accepts the options of `helm template`
./meet bench NAME [--json]   measure media, quality, operator, move, memory, up or dev; run it on an idle machine
./meet help                  print this text

MEET_PORT       the port of the page (8080); under `dev`, signaling listens on MEET_PORT + 1000
MEET_HOME       the folder in which `up` and `dev` store their data (.meet)
MEET_LISTEN     the address on which the page is served (127.0.0.1)
MEET_ADVERTISE  the addresses to which browsers send media, separated by commas
                (127.0.0.1, the first other IPv4 address of this machine, and ::1 where it exists)
MEET_LANES      how many lanes of suites `test` runs at a time (2, or 1 where the machine is slow or busy)
MEET_CALLS_ALONE  1: `test` runs only light suites beside those in which browsers call each other (so with fewer than 4 processors)
MEET_SHORT      1: `test` leaves out the longest tests (so in CI)
TEXT
}
