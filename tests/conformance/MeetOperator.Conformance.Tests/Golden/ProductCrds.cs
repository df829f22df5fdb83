using System.Text.Json.Nodes;
using MeetOperator.Kube.ApiServer.Json;
using MeetOperator.Testing;

namespace MeetOperator.Conformance.Tests.Golden;

/// <summary>The CustomResourceDefinitions of the product.</summary>
internal static class ProductCrds
{
    public static IReadOnlyList<JsonObject> All { get; } = [.. Repository.CrdTexts.Select(YamlToJson.Object)];
}
