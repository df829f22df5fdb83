using MeetOperator.Kube.ProcessRuntime.Volumes;

namespace MeetOperator.Kube.ProcessRuntime.Tests;

public sealed class MountTableTests
{
    private static readonly MountTable Mounts = new(
    [
        new Mount("/data", "/home/x/data"),
        new Mount("/data/keys/", "/home/x/keys"),
        new Mount("/", "/never"),
    ]);

    [Theory]
    [InlineData("/data", "/home/x/data")]
    [InlineData("/data/meet.db", "/home/x/data/meet.db")]
    [InlineData("sqlite:/data/meet.db", "sqlite:/home/x/data/meet.db")]
    [InlineData("--key=/data/keys/control.key", "--key=/home/x/keys/control.key")]
    [InlineData("/data:/data/keys", "/home/x/data:/home/x/keys")]
    [InlineData("cat '/data/a' > /data/b", "cat '/home/x/data/a' > /home/x/data/b")]
    [InlineData("/database", "/database")]
    [InlineData("/srv/data/a", "/srv/data/a")]
    [InlineData("http://host/data", "http://host/data")]
    [InlineData("plain", "plain")]
    public void Rewrite_Text_ReplacesOnlyWholeMountPaths(string text, string expected) =>
        Assert.Equal(expected, Mounts.Rewrite(text));
}
