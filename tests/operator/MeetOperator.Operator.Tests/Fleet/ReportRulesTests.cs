using System.Text.Json;
using MeetOperator.NodeControl;
using MeetOperator.Operator.Fleet;

namespace MeetOperator.Operator.Tests.Fleet;

public sealed class ReportRulesTests
{
    private const string Room = "4ae1ed01-5a1c-4f3c-8b52-6d9d6a1f0a01";

    [Theory]
    [InlineData("""{"rooms":[]}""")]
    [InlineData("""{"rooms":[{"room":"4ae1ed01-5a1c-4f3c-8b52-6d9d6a1f0a01","generation":3,"participants":2}],"term":7,"stress":0.4}""")]
    [InlineData("""{"rooms":[{"room":"self-call","generation":1}],"fromTheFuture":{"a":[1]}}""")]
    [InlineData("""{"loopReports":[{"port":40000,"tickAgeMs":3,"probeAgeMs":null,"paths":[{"address":"192.0.2.1","probeAgeMs":null}]}]}""")]
    [InlineData("""{"loopReports":[{"port":40000,"tickAgeMs":3,"busy":1,"packetsIn":9223372036854775807,"packetsLost":9223372036854775807}]}""")]
    [InlineData("""{"term":999999999}""")]
    [InlineData("""{"rooms":[{"room":"4ae1ed01-5a1c-4f3c-8b52-6d9d6a1f0a01","generation":1000000000001}]}""")]
    [InlineData("""{"mediaAddresses":["10.1.2.3"],"rooms":[{"room":"4ae1ed01-5a1c-4f3c-8b52-6d9d6a1f0a01","port":43000,"links":[{"link":"a","peer":"ns/n","tag":1,"peerTag":2,"state":"Up","epoch":1,"rttMs":0.4}]}]}""")]
    [InlineData("""{"rooms":[{"room":"4ae1ed01-5a1c-4f3c-8b52-6d9d6a1f0a01","port":43000,"parts":[{"port":43000,"participants":60,"packetsIn":9},{"port":43001,"packetsOut":7}]}]}""")]
    public void FindRejection_ValidReport_ReturnsNull(string fields) => Assert.Null(Validate(fields));

    [Theory]
    [InlineData("rooms", """{"rooms":[null]}""")]
    [InlineData("rooms", """{"rooms":[{"room":"../../etc"}]}""")]
    [InlineData("rooms", """{"rooms":[{"room":""}]}""")]
    [InlineData("rooms", """{"rooms":[{"room":"4ae1ed01-5a1c-4f3c-8b52-6d9d6a1f0a01"},{"room":"4ae1ed01-5a1c-4f3c-8b52-6d9d6a1f0a01"}]}""")]
    [InlineData("generation", """{"rooms":[{"room":"4ae1ed01-5a1c-4f3c-8b52-6d9d6a1f0a01","generation":-1}]}""")]
    [InlineData("generation", """{"rooms":[{"room":"4ae1ed01-5a1c-4f3c-8b52-6d9d6a1f0a01","generation":9223372036854775807}]}""")]
    [InlineData("generation", """{"rooms":[{"room":"4ae1ed01-5a1c-4f3c-8b52-6d9d6a1f0a01","generation":2000000000001}]}""")]
    [InlineData(Room, """{"rooms":[{"room":"4ae1ed01-5a1c-4f3c-8b52-6d9d6a1f0a01","participants":-1}]}""")]
    [InlineData(Room, """{"rooms":[{"room":"4ae1ed01-5a1c-4f3c-8b52-6d9d6a1f0a01","participants":2147483647}]}""")]
    [InlineData(Room, """{"rooms":[{"room":"4ae1ed01-5a1c-4f3c-8b52-6d9d6a1f0a01","silent":2147483647}]}""")]
    [InlineData(Room, """{"rooms":[{"room":"4ae1ed01-5a1c-4f3c-8b52-6d9d6a1f0a01","packetsOut":-5}]}""")]
    [InlineData("participants", """{"participants":-3}""")]
    [InlineData("egressKbps", """{"egressKbps":-1}""")]
    [InlineData("connections", """{"connections":-1}""")]
    [InlineData("connections", """{"connections":9223372036854775807,"failedConnections":0}""")]
    [InlineData("failedConnections", """{"connections":5,"failedConnections":-9223372036854775808}""")]
    [InlineData("failedConnections", """{"connections":5,"failedConnections":6}""")]
    [InlineData("failedConnections", """{"failedConnections":1}""")]
    [InlineData("stress", """{"stress":-0.5}""")]
    [InlineData("stress", """{"stress":1e999}""")]
    [InlineData("stress", """{"stress":"NaN"}""")]
    [InlineData("state", """{"state":77}""")]
    [InlineData("instanceId", """{"instanceId":""}""")]
    [InlineData("version", """{"version":"a\nb"}""")]
    [InlineData("term", """{"term":-1}""")]
    [InlineData("term", """{"term":9000000000}""")]
    [InlineData("loopReports", """{"loopReports":[null]}""")]
    [InlineData("loopReports", """{"loopReports":[{"port":1,"tickAgeMs":-1}]}""")]
    [InlineData("loopReports", """{"loopReports":[{"port":1,"tickAgeMs":1,"busy":-0.1}]}""")]
    [InlineData("loopReports", """{"loopReports":[{"port":1,"tickAgeMs":1,"busy":1e308}]}""")]
    [InlineData("loopReports", """{"loopReports":[{"port":1,"tickAgeMs":1,"packetsLost":-1}]}""")]
    [InlineData("loopReports", """{"loopReports":[{"port":1,"tickAgeMs":1,"packetsIn":-1}]}""")]
    [InlineData("paths", """{"loopReports":[{"port":1,"tickAgeMs":1,"paths":[null]}]}""")]
    [InlineData("mediaAddresses", """{"mediaAddresses":[null]}""")]
    [InlineData("port", """{"rooms":[{"room":"4ae1ed01-5a1c-4f3c-8b52-6d9d6a1f0a01","port":65536}]}""")]
    [InlineData("parts", """{"rooms":[{"room":"4ae1ed01-5a1c-4f3c-8b52-6d9d6a1f0a01","parts":[null]}]}""")]
    [InlineData("parts", """{"rooms":[{"room":"4ae1ed01-5a1c-4f3c-8b52-6d9d6a1f0a01","parts":[{"port":0}]}]}""")]
    [InlineData("parts", """{"rooms":[{"room":"4ae1ed01-5a1c-4f3c-8b52-6d9d6a1f0a01","parts":[{"port":1,"participants":-1}]}]}""")]
    [InlineData("parts", """{"rooms":[{"room":"4ae1ed01-5a1c-4f3c-8b52-6d9d6a1f0a01","parts":[{"port":1,"packetsIn":-1}]}]}""")]
    [InlineData("links", """{"rooms":[{"room":"4ae1ed01-5a1c-4f3c-8b52-6d9d6a1f0a01","links":[null]}]}""")]
    [InlineData("links", """{"rooms":[{"room":"4ae1ed01-5a1c-4f3c-8b52-6d9d6a1f0a01","links":[{"link":"..","peer":"ns/n"}]}]}""")]
    [InlineData("links", """{"rooms":[{"room":"4ae1ed01-5a1c-4f3c-8b52-6d9d6a1f0a01","links":[{"link":"a","peer":"ns/n","state":7}]}]}""")]
    [InlineData("links", """{"rooms":[{"room":"4ae1ed01-5a1c-4f3c-8b52-6d9d6a1f0a01","links":[{"link":"a","peer":"ns/n","tracksIn":-1}]}]}""")]
    [InlineData("links", """{"rooms":[{"room":"4ae1ed01-5a1c-4f3c-8b52-6d9d6a1f0a01","links":[{"link":"a","peer":"ns/n","rttMs":-1}]}]}""")]
    public void FindRejection_InvalidField_ReturnsFieldName(string field, string fields) =>
        Assert.Contains(field, Validate(fields), StringComparison.Ordinal);

    [Fact]
    public void FindRejection_TooManyRooms_ReturnsRejection()
    {
        var rooms = Enumerable.Range(0, 10_001).Select(number => new { room = new Guid(number, 0, 0, new byte[8]) });

        Assert.Contains("rooms must be a list of at most 10000", Validate(JsonSerializer.Serialize(new { rooms })), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"rooms":null}""")]
    [InlineData("""{"loopReports":null}""")]
    [InlineData("""{"version":null}""")]
    [InlineData("""{"stress":null}""")]
    [InlineData("""{"mediaAddresses":null}""")]
    [InlineData("""{"rooms":[{"room":"4ae1ed01-5a1c-4f3c-8b52-6d9d6a1f0a01","links":null}]}""")]
    [InlineData("""{"participants":99999999999}""")]
    [InlineData("""{"rooms":{}}""")]
    public void FindRejection_WrongJsonType_Throws(string fields) => Assert.Throws<JsonException>(() => Validate(fields));

    /// <summary>A valid report with some fields replaced.</summary>
    private static string? Validate(string fields)
    {
        var report = new Dictionary<string, JsonElement>
        {
            ["node"] = Json("\"n\""),
            ["version"] = Json("\"1\""),
            ["instanceId"] = Json("\"i\""),
            ["state"] = Json("\"Ready\""),
            ["startedAt"] = Json("\"2026-01-01T00:00:00Z\""),
            ["rooms"] = Json("[]"),
        };
        foreach (var field in Json(fields).EnumerateObject())
        {
            report[field.Name] = field.Value.Clone();
        }

        return ReportRules.FindRejection(JsonSerializer.Deserialize<NodeReport>(JsonSerializer.Serialize(report), NodeControlJson.Options)!, term: 3);
    }

    private static JsonElement Json(string text) => JsonDocument.Parse(text).RootElement;
}
