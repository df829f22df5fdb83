using MeetOperator.Operator.Kinds.SfuPools;

namespace MeetOperator.Operator.Tests.Pools;

public sealed class ImageRepositoryTests
{
    [Theory]
    [InlineData("registry.example:5000/meet/media-node:1", "registry.example:5000/meet/media-node")]
    [InlineData("registry.example/meet/media-node@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", "registry.example/meet/media-node")]
    [InlineData("registry.example/meet/media-node:1@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", "registry.example/meet/media-node")]
    [InlineData("Registry.Example/meet/media-node", "registry.example/meet/media-node")]
    [InlineData("localhost/meet:dev", "localhost/meet")]
    [InlineData("meet/media-node", "docker.io/meet/media-node")]
    [InlineData("nginx:1.27", "docker.io/library/nginx")]
    [InlineData("index.docker.io/nginx", "docker.io/library/nginx")]
    [InlineData("registry/evil/media-node", "docker.io/registry/evil/media-node")]
    [InlineData("registry.example/meet/../evil/media-node", null)]
    [InlineData("registry.example/meet/./media-node", null)]
    [InlineData("registry.example/meet//media-node", null)]
    [InlineData("registry.example/meet/media-node/", null)]
    [InlineData("registry.example/Meet/media-node", null)]
    [InlineData("registry.example/meet/media-node\n", null)]
    [InlineData("registry.example/meet/media-node:", null)]
    [InlineData("registry.example/meet/media-node@sha256:short", null)]
    [InlineData("evil.example@registry.example/meet/media-node", null)]
    [InlineData("registry.example%2fmeet/media-node", null)]
    [InlineData("https://registry.example/meet/media-node", null)]
    [InlineData(" registry.example/meet/media-node", null)]
    [InlineData("registry.example/mеet/media-node", null)]
    [InlineData("", null)]
    public void Of_Image_ReturnsRegistryAndPath(string image, string? expected) => Assert.Equal(expected, ImageRepository.Of(image));

    [Theory]
    [InlineData("registry.example/meet", "registry.example/meet", true)]
    [InlineData("registry.example/meet", "registry.example/meet/media-node", true)]
    [InlineData("registry.example/meet", "registry.example/meet-evil", false)]
    [InlineData("registry.example/meet", "registry.example/meet-evil/media-node", false)]
    [InlineData("registry.example/meet", "registry.example/evil/meet", false)]
    [InlineData("registry.example", "registry.example/anything/at-all", true)]
    [InlineData("registry.example", "registry.example.evil/anything", false)]
    [InlineData("registry.example", "registry.example:5000/anything", false)]
    [InlineData("registry.example:5000", "registry.example:5000/anything", true)]
    [InlineData("meet/media-node", "meet/media-node:7", true)]
    [InlineData("meet/media-node", "docker.io/meet/media-node", true)]
    [InlineData("meet/media-node", "evil.example/meet/media-node", false)]
    [InlineData("nginx", "nginx", true)]
    [InlineData("nginx", "nginx/evil", false)]
    [InlineData("registry.example/meet:1", "registry.example/meet", false)]
    public void IsWithin_RepositoryBelowAllowed_MatchesWholePathSegments(string allowed, string image, bool expected) =>
        Assert.Equal(expected, ImageRepository.IsWithin(ImageRepository.Of(image)!, allowed));
}
