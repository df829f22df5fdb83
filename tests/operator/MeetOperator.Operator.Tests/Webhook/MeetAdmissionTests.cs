using System.Text.Json.Nodes;
using MeetOperator.Kube.Admission;
using MeetOperator.Operator.Admission;

namespace MeetOperator.Operator.Tests.Webhook;

public sealed class MeetAdmissionTests
{
    [Fact]
    public void Review_StoredSpecBreaksRule_AllowsMetadataButNoOtherSpec()
    {
        // As after an upgrade with a stricter rule: P2P supports at most 4 participants.
        Assert.True(Review(Meeting(maxParticipants: 9, "a", "b"), Meeting(maxParticipants: 9, "a")).Allowed);
        Assert.Equal("spec.maxParticipants", Assert.Single(Review(Meeting(maxParticipants: 9), Meeting(maxParticipants: 8)).Errors).Field);
        Assert.Equal("spec.maxParticipants", Assert.Single(Review(old: null, Meeting(maxParticipants: 9)).Errors).Field);
    }

    private static AdmissionDecision Review(JsonObject? old, JsonObject meeting) => new MeetAdmission().Review(new AdmissionRequest
    {
        Operation = old is null ? AdmissionOperation.Create : AdmissionOperation.Update,
        Group = "meetoperator.io",
        Kind = "Meeting",
        Name = "m",
        Object = meeting,
        OldObject = old,
    });

    private static JsonObject Meeting(int maxParticipants, params string[] finalizers) => new()
    {
        ["metadata"] = new JsonObject { ["name"] = "m", ["finalizers"] = new JsonArray([.. finalizers.Select(name => (JsonNode)name)]) },
        ["spec"] = new JsonObject { ["tenantRef"] = new JsonObject { ["name"] = "a" }, ["mode"] = "P2P", ["maxParticipants"] = maxParticipants },
    };
}
