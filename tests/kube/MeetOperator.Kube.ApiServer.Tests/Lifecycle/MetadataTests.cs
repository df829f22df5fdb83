using MeetOperator.Kube.ApiServer.Tests.Http;

namespace MeetOperator.Kube.ApiServer.Tests.Lifecycle;

public sealed class MetadataTests
{
    [Theory]
    [InlineData(""" "generateName":5 """, "metadata.generateName")]
    [InlineData(""" "ownerReferences":[{"apiVersion":"v1","kind":"Pod","name":"p","uid":"u","controller":"true"}] """, "metadata.ownerReferences[0].controller")]
    [InlineData(""" "ownerReferences":[{"apiVersion":"v1","kind":"Pod","name":"p","uid":"u","blockOwnerDeletion":1}] """, "metadata.ownerReferences[0].blockOwnerDeletion")]
    public async Task Patch_MetadataOfWrongType_IsRejected(string metadata, string field)
    {
        await using var api = await Api.StartAsync();
        await api.CreateWidgetAsync("w");

        var (code, status) = await api.SendAsync("PATCH", Api.Widgets + "/w", $$$"""{"metadata":{ {{{metadata}}} }}""", "application/merge-patch+json");

        Assert.Equal(400, code);
        Assert.Contains(field, (string?)status["message"], StringComparison.Ordinal);
    }
}
