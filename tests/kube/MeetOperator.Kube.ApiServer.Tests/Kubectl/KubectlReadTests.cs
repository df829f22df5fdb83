namespace MeetOperator.Kube.ApiServer.Tests.Kubectl;

public sealed class KubectlReadTests(Kubectl kubectl) : IClassFixture<Kubectl>
{
    private const string Two = """
        apiVersion: example.test/v1
        kind: Widget
        metadata: {name: alpha, labels: {app: a, tier: front}}
        spec: {size: Small, colour: red, replicas: 2, ports: [{name: http, port: 80}]}
        ---
        apiVersion: example.test/v1
        kind: Widget
        metadata: {name: beta, labels: {app: b}}
        spec: {size: Large}
        """;

    private async Task<string> NamespaceAsync(string name)
    {
        await kubectl.RunAsync($"create namespace {name}");
        await kubectl.RunAsync($"-n {name} create -f -", Two);
        await kubectl.RunAsync($"-n {name} patch widget alpha --subresource=status --type=merge -p {{\"status\":{{\"conditions\":[{{\"type\":\"Ready\",\"status\":\"True\"}}]}}}}");
        return name;
    }

    [Fact]
    public async Task Get_CustomResource_PrintsItsColumns()
    {
        var ns = await NamespaceAsync("columns");
        Assert.Equal(
            """
            NAME    SIZE    REPLICAS   READY   AGE
            alpha   Small   2          True    AGE
            beta    Large   1                  AGE

            """,
            await kubectl.RunAsync($"-n {ns} get widgets"));
        Assert.Equal(
            """
            NAME    SIZE    REPLICAS   READY   COLOUR   AGE
            alpha   Small   2          True    red      AGE
            beta    Large   1                  grey     AGE

            """,
            await kubectl.RunAsync($"-n {ns} get wdg -o wide"));
        Assert.Equal("widget.example.test/alpha\nwidget.example.test/beta\n", await kubectl.RunAsync($"-n {ns} get gear -o name"));
        Assert.StartsWith("NAMESPACE   NAME", await kubectl.RunAsync("get widgets -A"));
    }

    [Theory]
    [InlineData("app=a", "alpha")]
    [InlineData("app!=a", "beta")]
    [InlineData("'app in (b,c)'", "beta")]
    [InlineData("'app notin (b,c)'", "alpha")]
    [InlineData("tier", "alpha")]
    [InlineData("'!tier'", "beta")]
    public async Task Get_LabelSelector_SelectsByLabels(string selector, string expected)
    {
        const string Ns = "selectors";
        if ((await kubectl.TryRunAsync($"get namespace {Ns}")).Code != 0)
        {
            await NamespaceAsync(Ns);
        }

        Assert.Equal($"widget.example.test/{expected}\n", await kubectl.RunAsync($"-n {Ns} get widgets -o name -l {selector}"));
    }

    [Fact]
    public async Task Get_YamlAndJson_PrintTheObject()
    {
        var ns = await NamespaceAsync("formats");
        var yaml = await kubectl.RunAsync($"-n {ns} get widget alpha -o yaml");
        Assert.Contains("size: Small", yaml);
        Assert.DoesNotContain("managedFields", yaml);
        Assert.Contains("managedFields", await kubectl.RunAsync($"-n {ns} get widget alpha -o yaml --show-managed-fields"));
        Assert.Equal("Small", await kubectl.RunAsync($"-n {ns} get widget alpha -o jsonpath={{.spec.size}}"));
        Assert.Contains("\"kind\": \"Widget\"", await kubectl.RunAsync($"-n {ns} get widget alpha -o json"));
        Assert.Equal("widget.example.test/beta\n", await kubectl.RunAsync($"-n {ns} get widgets --field-selector metadata.name=beta -o name"));
    }

    [Fact]
    public async Task Get_Watch_PrintsChanges()
    {
        var ns = await NamespaceAsync("watching");
        using var watch = kubectl.Start($"-n {ns} get widget alpha -w");
        try
        {
            Assert.StartsWith("NAME", await watch.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(30)));
            Assert.Contains("Small", await watch.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(30)));
            await kubectl.RunAsync($"-n {ns} patch widget alpha --type=merge -p {{\"spec\":{{\"size\":\"Large\"}}}}");
            Assert.Contains("Large", await watch.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(30)));
        }
        finally
        {
            watch.Kill();
        }
    }

    [Fact]
    public async Task Describe_Widget_ShowsSpecAndEvents()
    {
        var ns = await NamespaceAsync("describing");
        var uid = await kubectl.RunAsync($"-n {ns} get widget alpha -o jsonpath={{.metadata.uid}}");
        await kubectl.RunAsync($"-n {ns} create -f -", $$$"""
            {"apiVersion":"v1","kind":"Event","metadata":{"name":"alpha.1"},"type":"Normal","reason":"Turned","message":"it turns","count":3,
             "firstTimestamp":"2026-01-01T00:00:00Z","lastTimestamp":"2026-01-01T00:00:00Z","source":{"component":"tester"},
             "involvedObject":{"apiVersion":"example.test/v1","kind":"Widget","namespace":"{{{ns}}}","name":"alpha","uid":"{{{uid}}}"}}
            """);
        var text = await kubectl.RunAsync($"-n {ns} describe widget alpha");
        Assert.Contains("API Version:  example.test/v1", text);
        Assert.Matches(@"Size:\s+Small", text);
        Assert.Matches(@"Normal\s+Turned\s+.*tester\s+it turns", text);
        Assert.Matches(@"Normal\s+Turned\s+widget/alpha\s+it turns", await kubectl.RunAsync($"-n {ns} get events"));
    }

    [Fact]
    public async Task Pod_GetDescribeAndLogs_Succeed()
    {
        await kubectl.RunAsync("create namespace pods");
        await kubectl.RunAsync("-n pods apply -f -", """
            apiVersion: v1
            kind: Pod
            metadata: {name: p}
            spec:
              nodeName: here
              containers:
              - {name: main, image: "img:1", ports: [{containerPort: 80}]}
              - {name: side, image: "img:2"}
            """);
        var started = "{\"running\":{\"startedAt\":\"2026-01-01T00:00:00Z\"}}";
        await kubectl.RunAsync($"-n pods patch pod p --subresource=status --type=merge -p {{\"status\":{{\"phase\":\"Running\",\"podIP\":\"127.0.0.9\",\"containerStatuses\":[{{\"name\":\"main\",\"ready\":true,\"restartCount\":2,\"image\":\"i\",\"imageID\":\"\",\"state\":{started}}}]}}}}");
        Assert.Equal(
            """
            NAME   READY   STATUS    RESTARTS   AGE   IP          NODE   NOMINATED NODE   READINESS GATES
            p      1/2     Running   2          AGE   127.0.0.9   here   <none>           <none>

            """,
            await kubectl.RunAsync("-n pods get pods -o wide"));
        Assert.Matches(@"Image:\s+img:1", await kubectl.RunAsync("-n pods describe pod p"));
        Assert.Equal("p/side tail=5 follow=False\n", await kubectl.RunAsync("-n pods logs p -c side --tail=5"));
        Assert.Equal("p/main tail= follow=True\n", await kubectl.RunAsync("-n pods logs -f p -c main"));
        Assert.Contains("container nope is not valid for pod p", (await kubectl.TryRunAsync("-n pods logs p -c nope")).Error);
        await kubectl.RunAsync("-n pods delete pod p --wait=false");
        Assert.Contains("Terminating", await kubectl.RunAsync("-n pods get pods"));
        await kubectl.RunAsync("-n pods delete pod p --force --grace-period=0");
        Assert.Contains("NotFound", (await kubectl.TryRunAsync("-n pods get pod p")).Error);
    }

    [Fact]
    public async Task ApiResources_CustomResource_IsListedAndExplained()
    {
        Assert.Equal(
            """
            NAME      SHORTNAMES   APIVERSION        NAMESPACED   KIND
            widgets   wdg          example.test/v1   true         Widget

            """,
            await kubectl.RunAsync("api-resources --api-group=example.test"));
        var spec = await kubectl.RunAsync("explain widget.spec");
        Assert.Contains("The desired state.", spec);
        Assert.Contains("size\t<string> -required-", spec);
        Assert.Contains("enum: Small, Medium, Large", spec);
        Assert.Contains("containerPort", await kubectl.RunAsync("explain pod.spec.containers.ports"));
        Assert.Contains("Server Version: v1.32", await kubectl.RunAsync("version"));
    }

    [Fact]
    public async Task AuthCanI_Everything_IsYes()
    {
        Assert.Equal("yes\n", await kubectl.RunAsync("auth can-i create widgets"));
        Assert.Contains("admin", await kubectl.RunAsync("auth whoami"));
    }
}
