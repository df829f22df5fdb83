namespace MeetOperator.Kube.ApiServer.Tests.Kubectl;

public sealed class KubectlWriteTests(Kubectl kubectl) : IClassFixture<Kubectl>
{
    private static string Widget(string name, string size = "Small", string more = "") =>
        $"{{apiVersion: example.test/v1, kind: Widget, metadata: {{name: {name}}}, spec: {{size: {size}{more}}}}}";

    [Fact]
    public async Task Apply_ClientSide_ReportsCreatedUnchangedAndConfigured()
    {
        Assert.Equal("widget.example.test/ca created\n", await kubectl.RunAsync("apply -f -", Widget("ca", more: ", options: {a: b, c: d}")));
        Assert.Equal("widget.example.test/ca unchanged\n", await kubectl.RunAsync("apply -f -", Widget("ca", more: ", options: {a: b, c: d}")));
        Assert.Equal("widget.example.test/ca configured\n", await kubectl.RunAsync("apply -f -", Widget("ca", "Large", ", options: {a: b}")));
        Assert.Equal("Large {\"a\":\"b\"}", await kubectl.RunAsync("get widget ca -o 'jsonpath={.spec.size} {.spec.options}'"));
    }

    [Fact]
    public async Task Apply_ClientSidePod_MergesContainersByName()
    {
        const string Pod = "{apiVersion: v1, kind: Pod, metadata: {name: smp}, spec: {containers: [{name: a, image: i1, env: [{name: FIRST, value: '1'}, {name: LAST, value: '2'}]}, {name: b, image: i2}]}}";
        await kubectl.RunAsync("apply -f -", Pod);
        Assert.Equal("pod/smp unchanged\n", await kubectl.RunAsync("apply -f -", Pod));
        await kubectl.RunAsync("apply -f -", Pod.Replace("{name: FIRST, value: '1'}, ", string.Empty, StringComparison.Ordinal).Replace("i2", "i3", StringComparison.Ordinal));
        Assert.Equal("LAST", await kubectl.RunAsync("get pod smp -o jsonpath={.spec.containers[0].env[*].name}"));
        Assert.Equal("i1 i3", await kubectl.RunAsync("get pod smp -o jsonpath={.spec.containers[*].image}"));
        await kubectl.RunAsync("patch pod smp -p {\"spec\":{\"containers\":[{\"name\":\"b\",\"image\":\"i4\"}]}}");
        Assert.Equal("i1 i4", await kubectl.RunAsync("get pod smp -o jsonpath={.spec.containers[*].image}"));
    }

    [Fact]
    public async Task Apply_ServerSide_ReportsConflictsUnlessForced()
    {
        Assert.Equal("widget.example.test/ssa serverside-applied\n", await kubectl.RunAsync("apply --server-side --field-manager one -f -", Widget("ssa", "Small", ", tags: [red]")));
        await kubectl.RunAsync("apply --server-side --field-manager two -f -", Widget("ssa", "Small", ", tags: [blue]"));
        Assert.Equal("[\"red\",\"blue\"]", await kubectl.RunAsync("get widget ssa -o jsonpath={.spec.tags}"));
        var (code, _, error) = await kubectl.TryRunAsync("apply --server-side --field-manager two -f -", Widget("ssa", "Large"));
        Assert.Equal(1, code);
        Assert.Contains("Apply failed with 1 conflict: conflict with \"one\": .spec.size", error);
        await kubectl.RunAsync("apply --server-side --field-manager two --force-conflicts -f -", Widget("ssa", "Large"));
        Assert.Equal("Large[\"red\"]", await kubectl.RunAsync("get widget ssa -o jsonpath={.spec.size}{.spec.tags}"));
    }

    [Fact]
    public async Task Apply_ServerSideAfterClientSide_TakesOwnership()
    {
        await kubectl.RunAsync("apply -f -", Widget("migrate", "Small", ", options: {a: b}"));
        await kubectl.RunAsync("apply --server-side -f -", Widget("migrate", "Small", ", options: {a: b}"));
        var (code, _, error) = await kubectl.TryRunAsync("apply --server-side -f -", Widget("migrate", "Large"));
        Assert.True(code == 0, error);
        Assert.DoesNotContain("Warning", error);
        Assert.Equal("Large", await kubectl.RunAsync("get widget migrate -o jsonpath={.spec.size}"));
        Assert.Empty((await kubectl.RunAsync("get widget migrate -o jsonpath={.spec.options}")).Trim('{', '}'));
    }

    [Fact]
    public async Task Create_UnknownFieldAndInvalidValues_ErrorsNameFields()
    {
        var (_, _, unknown) = await kubectl.TryRunAsync("create -f -", Widget("bad", "Small", ", nope: 1"));
        Assert.Contains("strict decoding error: unknown field \"spec.nope\"", unknown);
        var (_, _, invalid) = await kubectl.TryRunAsync("create -f -", Widget("bad", "Huge", ", replicas: 99"));
        Assert.Contains("* spec.replicas: Invalid value: 99: spec.replicas in body should be less than or equal to 50", invalid);
        Assert.Contains("* spec.size: Unsupported value: \"Huge\": supported values: \"Small\", \"Medium\", \"Large\"", invalid);
        var (code, _, warning) = await kubectl.TryRunAsync("create --validate=warn -f -", Widget("warned", "Small", ", nope: 1"));
        Assert.Equal(0, code);
        Assert.Contains("Warning: unknown field \"spec.nope\"", warning);
    }

    [Fact]
    public async Task Patch_AllTypes_ChangeTheObject()
    {
        await kubectl.RunAsync("create -f -", Widget("patched"));
        await kubectl.RunAsync("patch widget patched --type=merge -p {\"spec\":{\"colour\":\"red\"}}");
        await kubectl.RunAsync("patch widget patched --type=json -p [{\"op\":\"replace\",\"path\":\"/spec/size\",\"value\":\"Large\"}]");
        Assert.Equal("redLarge", await kubectl.RunAsync("get widget patched -o jsonpath={.spec.colour}{.spec.size}"));
        var (_, _, error) = await kubectl.TryRunAsync("patch widget patched -p {\"spec\":{\"colour\":\"red\"}}");
        Assert.Contains("strategic-merge-patch", error);
    }

    [Fact]
    public async Task Edit_LabelAnnotateScaleAndEdit_ChangeTheObject()
    {
        await kubectl.RunAsync("create -f -", Widget("edited"));
        Assert.Equal("widget.example.test/edited labeled\n", await kubectl.RunAsync("label widget edited a=b"));
        Assert.Equal("widget.example.test/edited annotated\n", await kubectl.RunAsync("annotate widget edited c=d"));
        Assert.Equal("widget.example.test/edited scaled\n", await kubectl.RunAsync("scale widget edited --replicas=4"));
        Assert.Equal("widget.example.test/edited edited\n", await kubectl.RunAsync("edit widget edited", editor: "sed -i s/Small/Medium/"));
        Assert.Equal("b d 4 Medium", await kubectl.RunAsync("get widget edited -o 'jsonpath={.metadata.labels.a} {.metadata.annotations.c} {.spec.replicas} {.spec.size}'"));
        Assert.Equal("widget.example.test/edited unlabeled\n", await kubectl.RunAsync("label widget edited a-"));
        await kubectl.RunAsync("create -f -", "{apiVersion: v1, kind: Pod, metadata: {name: edited}, spec: {containers: [{name: a, image: old}]}}");
        await kubectl.RunAsync("edit pod edited", editor: "sed -i s/old/new/");
        Assert.Equal("new", await kubectl.RunAsync("get pod edited -o jsonpath={.spec.containers[0].image}"));
    }

    [Fact]
    public async Task Diff_ChangedWidget_ShowsChangedFields()
    {
        await kubectl.RunAsync("apply -f -", Widget("diffed"));
        var (same, _, _) = await kubectl.TryRunAsync("diff -f -", Widget("diffed"));
        Assert.Equal(0, same);
        var (code, output, _) = await kubectl.TryRunAsync("diff -f -", Widget("diffed", "Large"));
        Assert.Equal(1, code);
        Assert.Contains("-  size: Small", output);
        Assert.Contains("+  size: Large", output);
        Assert.Equal("Small", await kubectl.RunAsync("get widget diffed -o jsonpath={.spec.size}"));
    }

    [Fact]
    public async Task Wait_ConditionJsonPathAndDelete_Returns()
    {
        await kubectl.RunAsync("create -f -", Widget("waited"));
        var ready = kubectl.RunAsync("wait --for=condition=Ready widget/waited --timeout=30s");
        await kubectl.RunAsync("patch widget waited --subresource=status --type=merge -p {\"status\":{\"phase\":\"Up\",\"conditions\":[{\"type\":\"Ready\",\"status\":\"True\"}]}}");
        Assert.Equal("widget.example.test/waited condition met\n", await ready);
        await kubectl.RunAsync("wait --for=jsonpath={.status.phase}=Up widget/waited --timeout=30s");
        var gone = kubectl.RunAsync("wait --for=delete widget/waited --timeout=30s");
        Assert.Equal("widget.example.test \"waited\" deleted\n", await kubectl.RunAsync("delete widget waited"));
        await gone;
    }

    [Fact]
    public async Task Create_TypedCommandsAndNamespace_Succeed()
    {
        await kubectl.RunAsync("create namespace typed");
        await kubectl.RunAsync("-n typed create configmap cm --from-literal=a=b");
        await kubectl.RunAsync("-n typed create secret generic s --from-literal=a=b");
        await kubectl.RunAsync("-n typed create serviceaccount bob");
        await kubectl.RunAsync("-n typed create role reader --verb=get --resource=pods");
        await kubectl.RunAsync("-n typed create rolebinding bobs --role=reader --serviceaccount=typed:bob");
        await kubectl.RunAsync("-n typed create service clusterip web --tcp=80:8080");
        Assert.Equal("b", await kubectl.RunAsync("-n typed get configmap cm -o jsonpath={.data.a}"));
        Assert.Equal("Yg==", await kubectl.RunAsync("-n typed get secret s -o jsonpath={.data.a}"));
        Assert.Equal("80 8080", await kubectl.RunAsync("-n typed get service web -o 'jsonpath={.spec.ports[0].port} {.spec.ports[0].targetPort}'"));
        Assert.Equal("ServiceAccount/bob", await kubectl.RunAsync("-n typed get rolebinding bobs -o jsonpath={.subjects[0].kind}/{.subjects[0].name}"));
        Assert.Equal("namespace \"typed\" deleted\n", await kubectl.RunAsync("delete namespace typed"));
        Assert.Contains("NotFound", (await kubectl.TryRunAsync("get namespace typed")).Error);
    }

    [Fact]
    public async Task Crd_AppliedAndDeleted_IsServedThenRemoved()
    {
        const string Crd = """
            {apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, metadata: {name: gadgets.example.test},
             spec: {group: example.test, scope: Cluster, names: {kind: Gadget, plural: gadgets}, versions: [
               {name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, properties: {a: {type: string}}}}}}}]}}
            """;
        Assert.Equal("customresourcedefinition.apiextensions.k8s.io/gadgets.example.test created\n", await kubectl.RunAsync("apply -f -", Crd));
        await kubectl.RunAsync("wait --for=condition=Established crd/gadgets.example.test --timeout=30s");
        await kubectl.RunAsync("apply -f -", "{apiVersion: example.test/v1, kind: Gadget, metadata: {name: g}, spec: {a: b}}");
        Assert.Equal("NAME   AGE\ng      AGE\n", await kubectl.RunAsync("get gadgets"));
        await kubectl.RunAsync("delete crd gadgets.example.test");
        Assert.Equal(404, (await kubectl.Api.SendAsync("GET", "/apis/example.test/v1/gadgets")).Code);
    }
}
