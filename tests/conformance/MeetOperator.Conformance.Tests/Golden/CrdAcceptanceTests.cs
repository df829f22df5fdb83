using System.Text.Json.Nodes;
using MeetOperator.Conformance.Tests.Servers;

namespace MeetOperator.Conformance.Tests.Golden;

/// <summary>The product's CustomResourceDefinitions before the real code, and that this code would have refused what it must not take.</summary>
[Collection(ConformanceCollection.Name)]
public sealed class CrdAcceptanceTests(Judges judges)
{
    private const string Definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

    public static IEnumerable<object[]> ServersAndCrds =>
        from server in Judges.Present.Where(judge => judge != Judges.Admission)
        from crd in Repository.Crds
        select new object[] { server, crd.TextAt("metadata.name")! };

    [Theory]
    [MemberData(nameof(ServersAndCrds))]
    public async Task Crd_OfTheProduct_IsEstablishedStructuralAndKeptWhole(string server, string name)
    {
        var space = new Space(await judges.ServerAsync(server), "default");

        var shown = await space.OkAsync("GET", $"{Definitions}/{name}");

        var conditions = ((JsonArray)shown["status.conditions"]!).ToDictionary(c => c.TextAt("type")!, c => c.TextAt("status"));
        Assert.Equal("True", conditions["Established"]);
        Assert.Equal("True", conditions["NamesAccepted"]);
        Assert.DoesNotContain("NonStructuralSchema", conditions.Keys);
        var written = Repository.Crds.Single(crd => crd.TextAt("metadata.name") == name);
        Assert.True(JsonNode.DeepEquals(written.At("spec.versions[0].schema"), shown["spec.versions[0].schema"]), $"{name}: the schema is shown otherwise than it was written");
    }

    /// <summary>Without its bounds a list may cost more than a rule may: so the server reckons the cost of the rules that it takes.</summary>
    [ServerFact(ServerNames.Apiextensions036)]
    public async Task Crd_WithoutBounds_IsRefusedForTheCostOfItsRules()
    {
        var crd = Renamed("meetings.meetoperator.io", "unbounded");
        foreach (var name in (string[])["allowed", "preferred"])
        {
            var list = (JsonObject)crd.At($"spec.versions[0].schema.openAPIV3Schema.properties.spec.properties.regions.properties.{name}")!;
            list.Remove("maxItems");
            ((JsonObject)list["items"]!).Remove("maxLength");
        }

        var answer = await new Space(await judges.ServerAsync(ServerNames.Apiextensions036), "default").RefusedAsync(422, "POST", Definitions, crd.ToJsonString());

        Assert.Contains("exceeds budget", answer.Message, StringComparison.Ordinal);
    }

    [ServerFact(ServerNames.Apiextensions036)]
    public async Task Crd_WhoseRuleDoesNotCompile_IsRefused()
    {
        var crd = Renamed("tenants.meetoperator.io", "broken");
        crd.At("spec.versions[0].schema.openAPIV3Schema.properties.spec.x-kubernetes-validations[0]")!["rule"] = "self.nowhere == 1";

        var answer = await new Space(await judges.ServerAsync(ServerNames.Apiextensions036), "default").RefusedAsync(422, "POST", Definitions, crd.ToJsonString());

        Assert.Contains("undefined field 'nowhere'", answer.Message, StringComparison.Ordinal);
    }

    private static JsonObject Renamed(string name, string plural)
    {
        var crd = (JsonObject)Repository.Crds.Single(c => c.TextAt("metadata.name") == name).DeepClone();
        crd["metadata"]!["name"] = $"{plural}.conformance.example.io";
        crd["spec"]!["group"] = "conformance.example.io";
        crd["spec"]!["names"] = new JsonObject { ["plural"] = plural, ["kind"] = char.ToUpperInvariant(plural[0]) + plural[1..] };
        return crd;
    }
}
