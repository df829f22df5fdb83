using MeetOperator.Kube.ProcessRuntime.Images;

namespace MeetOperator.Kube.ProcessRuntime.Tests;

public sealed class ImageTableTests
{
    private static readonly ImageTable Images = new ImageTable().Add("registry.local:5000/team/server", new ImageProgram { Entrypoint = ["server"] });

    [Theory]
    [InlineData("registry.local:5000/team/server")]
    [InlineData("registry.local:5000/team/server:1.2.3")]
    [InlineData("registry.local:5000/team/server@sha256:0123")]
    [InlineData("registry.local:5000/team/server:1.2.3@sha256:0123")]
    public void TryFind_AnyTagOrDigest_FindsTheProgram(string image)
    {
        Assert.True(Images.TryFind(image, out var program));
        Assert.Equal(["server"], program.Entrypoint);
    }

    [Theory]
    [InlineData("team/server")]
    [InlineData("registry.local:5000/team/serverx")]
    [InlineData("")]
    public void TryFind_OtherRepository_FindsNothing(string image) => Assert.False(Images.TryFind(image, out _));
}
