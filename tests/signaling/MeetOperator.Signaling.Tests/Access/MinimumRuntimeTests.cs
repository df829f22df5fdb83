
namespace MeetOperator.Signaling.Tests.Access;

public sealed class MinimumRuntimeTests
{
    [Fact]
    public void Finding_RuntimeOlderThanDocumented_NamesRequiredVersion()
    {
        var root = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(root, "SECURITY.md")))
        {
            root = Path.GetDirectoryName(root.TrimEnd('/'))!;
        }

        var security = File.ReadAllText(Path.Combine(root, "SECURITY.md"));
        Assert.Contains("Run on .NET runtime 10.0.13 or newer", security, StringComparison.Ordinal);
        Assert.Contains("install .NET 10.0.13 or newer", MinimumRuntime.FindWarning(new Version(10, 0, 12)), StringComparison.Ordinal);
        Assert.Null(MinimumRuntime.FindWarning(new Version(10, 0, 13)));
        Assert.Null(MinimumRuntime.FindWarning(new Version(11, 0, 0)));
    }
}
