using System.Text.Json.Nodes;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.NodeControl;
using MeetOperator.Operator.Fleet;

namespace MeetOperator.Operator.Tests.Fleet;

public sealed class NodeEmptinessTests
{
    [Theory]
    [InlineData(0, """{"participants":0,"rooms":[{"room":"a"}],"loopReports":[{"port":1,"tickAgeMs":1}]}""")]
    [InlineData(3, """{"participants":3,"rooms":[{"room":"a","participants":2,"connected":1}]}""")]
    [InlineData(2, """{"participants":0,"rooms":[{"room":"a","participants":1},{"room":"b","participants":1}]}""")]
    [InlineData(2, """{"participants":0,"rooms":[{"room":"a","connected":1},{"room":"b","connected":1}]}""")]
    [InlineData(2, """{"participants":0,"rooms":[],"loopReports":[{"port":1,"tickAgeMs":1,"connectedSessions":1},{"port":2,"tickAgeMs":1,"connectedSessions":1}]}""")]
    public void IsEmpty_DrainingNode_IsTrueOnlyWithoutSessions(int sessions, string fields)
    {
        var report = Report(fields);
        var view = new NodeView { Decision = new NodeStateDecision(SfuNodeState.Draining, "Draining", "draining"), Meetings = 0, HasServed = true, Report = report };

        Assert.Equal(sessions, NodeEmptiness.CountSessions(report));
        Assert.Equal(sessions == 0, NodeEmptiness.IsEmpty(view));
    }

    private static NodeReport Report(string fields)
    {
        var json = JsonNode.Parse(fields)!.AsObject();
        json["node"] = "n";
        json["version"] = "1";
        json["instanceId"] = "i";
        json["state"] = "Draining";
        json["startedAt"] = "2026-01-01T00:00:00Z";
        return System.Text.Json.JsonSerializer.Deserialize<NodeReport>(json, NodeControlJson.Options)!;
    }
}
