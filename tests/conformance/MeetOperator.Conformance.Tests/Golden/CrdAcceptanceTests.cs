using System.Text.Json.Nodes;
using MeetOperator.Conformance.Tests.Servers;

namespace MeetOperator.Conformance.Tests.Golden;

/// <summary>Real servers accept the CustomResourceDefinitions of the product, and reject invalid ones.</summary>
[Collection(ConformanceCollection.Name)]
public sealed class CrdAcceptanceTests(Reviewers reviewers)
{
    private const string Definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

    public static IEnumerable<object[]> ServersAndCrds =>
        from server in Reviewers.Available.Where(reviewer => reviewer != Reviewers.Admission)
        from crd in ProductCrds.All
        select new object[] { server, crd.TextAt("metadata.name")! };

    [Theory]
    [MemberData(nameof(ServersAndCrds))]
    public async Task Crd_OfProduct_IsEstablishedAndStructural(string server, string name)
    {
        var space = new Space(await reviewers.ServerAsync(server), "default");

        var shown = await space.OkAsync("GET", $"{Definitions}/{name}");

        var conditions = ((JsonArray)shown["status.conditions"]!).ToDictionary(c => c.TextAt("type")!, c => c.TextAt("status"));
        Assert.Equal("True", conditions["Established"]);
        Assert.Equal("True", conditions["NamesAccepted"]);
        Assert.DoesNotContain("NonStructuralSchema", conditions.Keys);
        var written = ProductCrds.All.Single(crd => crd.TextAt("metadata.name") == name);
        Assert.True(JsonNode.DeepEquals(written.At("spec.versions[0].schema"), shown["spec.versions[0].schema"]), $"{name}: the returned schema differs from the written one");
    }

    /// <summary>Without bounds, the estimated cost of a rule over a list exceeds the CEL budget.</summary>
    [ServerFact(ServerNames.Apiextensions036)]
    public async Task Crd_WithoutBounds_ExceedsCelCostBudget()
    {
        var crd = Renamed("meetings.meetoperator.io", "unbounded");
        foreach (var name in (string[])["allowed", "preferred"])
        {
            var list = (JsonObject)crd.At($"spec.versions[0].schema.openAPIV3Schema.properties.spec.properties.regions.properties.{name}")!;
            list.Remove("maxItems");
            ((JsonObject)list["items"]!).Remove("maxLength");
        }

        var response = await new Space(await reviewers.ServerAsync(ServerNames.Apiextensions036), "default").RejectedAsync(422, "POST", Definitions, crd.ToJsonString());

        Assert.Contains("exceeds budget", response.Message, StringComparison.Ordinal);
    }

    [ServerFact(ServerNames.Apiextensions036)]
    public async Task Crd_InvalidCelRule_IsRejected()
    {
        var crd = Renamed("tenants.meetoperator.io", "broken");
        crd.At("spec.versions[0].schema.openAPIV3Schema.properties.spec.x-kubernetes-validations[0]")!["rule"] = "self.nowhere == 1";

        var response = await new Space(await reviewers.ServerAsync(ServerNames.Apiextensions036), "default").RejectedAsync(422, "POST", Definitions, crd.ToJsonString());

        Assert.Contains("undefined field 'nowhere'", response.Message, StringComparison.Ordinal);
    }

    private static JsonObject Renamed(string name, string plural)
    {
        var crd = (JsonObject)ProductCrds.All.Single(c => c.TextAt("metadata.name") == name).DeepClone();
        crd["metadata"]!["name"] = $"{plural}.conformance.example.io";
        crd["spec"]!["group"] = "conformance.example.io";
        crd["spec"]!["names"] = new JsonObject { ["plural"] = plural, ["kind"] = char.ToUpperInvariant(plural[0]) + plural[1..] };
        return crd;
    }
}
