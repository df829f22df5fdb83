using MeetOperator.Local.Manifests;
using MeetOperator.Local.Settings;

namespace MeetOperator.Local.Tests;

public sealed class ManifestReaderTests
{
    [Fact]
    public void Read_SeveralDocuments_ReturnsAll()
    {
        var objects = ManifestReader.Read("a.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n---\n\n---\napiVersion: v1\nkind: Secret\nmetadata: {name: b, namespace: a}\n");
        Assert.Equal([new ManifestKey("v1", "Namespace", null, "a"), new ManifestKey("v1", "Secret", "a", "b")], objects.Select(ManifestKey.Of));
    }

    [Theory]
    [InlineData("a: [", "a.yaml: yaml: line")]
    [InlineData("- x", "a.yaml: a document is not an object")]
    [InlineData("kind: Secret", "a.yaml: apiVersion is missing")]
    [InlineData("apiVersion: v1\nkind: 3\n", "a.yaml: kind is missing")]
    [InlineData("apiVersion: v1\nkind: Secret\nmetadata: {}\n", "a.yaml: metadata.name is missing in Secret")]
    [InlineData("apiVersion: v1\nkind: Secret\nmetadata: x\n", "a.yaml: metadata.name is missing in Secret")]
    public void Read_InvalidFile_ThrowsWithFileAndError(string text, string message) =>
        Assert.StartsWith(message, Assert.Throws<LocalException>(() => ManifestReader.Read("a.yaml", text)).Message, StringComparison.Ordinal);
}
