using System.Text.Json.Nodes;
using MeetOperator.Kube.ApiServer.Json;
using MeetOperator.Kube.ApiServer.Tables;

namespace MeetOperator.Kube.ApiServer.Tests.Tables;

public sealed class PrintingTests
{
    [Theory]
    [InlineData(0, "0s")]
    [InlineData(119, "119s")]
    [InlineData(120, "2m")]
    [InlineData(125, "2m5s")]
    [InlineData(600, "10m")]
    [InlineData(3 * 3600, "3h")]
    [InlineData((7 * 3600) + (5 * 60), "7h5m")]
    [InlineData(47 * 3600, "47h")]
    [InlineData(50 * 3600, "2d2h")]
    [InlineData(9 * 86400, "9d")]
    [InlineData(800L * 86400, "2y70d")]
    [InlineData(-5, "<invalid>")]
    public void HumanDuration_Seconds_HasKubectlFormat(long seconds, string expected) => Assert.Equal(expected, HumanDuration.Format(TimeSpan.FromSeconds(seconds)));

    [Theory]
    [InlineData(".spec.a", "1")]
    [InlineData(".spec.list[0].n", "x")]
    [InlineData(".spec.list[-1].n", "y")]
    [InlineData(".spec.list[*].n", "x,y")]
    [InlineData(".spec.list[?(@.n==\"y\")].v", "2")]
    [InlineData(".spec.list[?(@.n!='y')].v", "1")]
    [InlineData(".metadata.annotations['example.test/k']", "ann")]
    [InlineData(".metadata.annotations.example\\.test/k", "ann")]
    [InlineData(".spec.none", "")]
    [InlineData(".spec.list[9].n", "")]
    [InlineData(".spec[", "")]
    [InlineData("nonsense", "")]
    public void KubePath_ColumnPath_SelectsValues(string path, string expected)
    {
        var root = JsonText.ParseObject("""{"metadata":{"annotations":{"example.test/k":"ann"}},"spec":{"a":1,"list":[{"n":"x","v":1},{"n":"y","v":2}]}}""");
        Assert.Equal(expected, string.Join(',', new KubePath(path).Select(root).Select(n => n.AsText() ?? JsonText.ToText(n))));
    }

    [Theory]
    [InlineData("""{"phase":"Running","containerStatuses":[{"ready":true,"state":{"running":{}}}]}""", "1/1", "Running")]
    [InlineData("""{"phase":"Running","containerStatuses":[{"ready":false,"restartCount":3,"state":{"waiting":{"reason":"CrashLoopBackOff"}}}]}""", "0/1", "CrashLoopBackOff")]
    [InlineData("""{"phase":"Failed","containerStatuses":[{"state":{"terminated":{"exitCode":2}}}]}""", "0/1", "ExitCode:2")]
    [InlineData("""{"phase":"Failed","containerStatuses":[{"state":{"terminated":{"signal":9}}}]}""", "0/1", "Signal:9")]
    [InlineData("""{"phase":"Succeeded","containerStatuses":[{"state":{"terminated":{"reason":"Completed"}}}]}""", "0/1", "Completed")]
    [InlineData("""{"phase":"Failed","reason":"Evicted"}""", "0/1", "Evicted")]
    [InlineData("""{"phase":"Pending"}""", "0/1", "Pending")]
    public void PodColumns_Status_MatchKubectl(string status, string ready, string shown)
    {
        var pod = JsonText.ParseObject($$"""{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c"}]},"status":{{status}} }""");
        var cells = PodColumns.All.Select(c => c.Cell(pod, DateTimeOffset.UnixEpoch)).ToArray();
        Assert.Equal(ready, (string?)cells[1]);
        Assert.Equal(shown, (string?)cells[2]);
    }

    [Fact]
    public void PodColumns_RecentRestart_ShowTime()
    {
        var pod = JsonText.ParseObject("""{"metadata":{},"spec":{},"status":{"containerStatuses":[{"restartCount":2,"lastState":{"terminated":{"finishedAt":"1970-01-01T00:00:30Z"}}}]}}""");
        Assert.Equal("2 (30s ago)", (string?)PodColumns.All[3].Cell(pod, DateTimeOffset.UnixEpoch.AddSeconds(60)));
    }

    [Fact]
    public void NodeColumns_Node_ShowStatusAndRoles()
    {
        var node = JsonText.ParseObject("""{"metadata":{"name":"n","labels":{"node-role.kubernetes.io/worker":""}},"spec":{"unschedulable":true},"status":{"conditions":[{"type":"Ready","status":"True"}],"nodeInfo":{"kubeletVersion":"v1"}}}""");
        JsonNode?[] cells = [.. NodeColumns.All.Select(c => c.Cell(node, DateTimeOffset.UnixEpoch))];
        Assert.Equal(["n", "Ready,SchedulingDisabled", "worker"], cells.Take(3).Select(c => (string?)c));
        Assert.Equal("v1", (string?)cells[4]);
    }
}
