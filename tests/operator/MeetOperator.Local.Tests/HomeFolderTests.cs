using MeetOperator.Local.Home;
using MeetOperator.Local.Settings;

namespace MeetOperator.Local.Tests;

public sealed class HomeFolderTests : IDisposable
{
    private readonly string _folder = Path.Combine(Path.GetTempPath(), $"home-{Guid.NewGuid():N}");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Open_HomeInUse_ThrowsWithInstructions()
    {
        using var first = HomeFolder.Open(_folder);
        var message = Assert.Throws<LocalException>(() => HomeFolder.Open(_folder)).Message;
        Assert.Contains("./meet down", message, StringComparison.Ordinal);
        Assert.Contains("MEET_HOME", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Key_SecondCall_ReturnsStoredPrivateKey()
    {
        string key;
        using (var home = HomeFolder.Open(_folder))
        {
            key = home.Key("control.key");
            Assert.NotEqual(key, home.Key("signing.key"));
        }

        using var again = HomeFolder.Open(_folder);
        Assert.Equal(key, again.Key("control.key"));
        Assert.Equal(32, Convert.FromBase64String(key).Length);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(_folder, "secrets", "control.key")));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(_folder));
    }

    [Fact]
    public void Dispose_OpenHome_DeletesProcessIdAndBanner()
    {
        using (var home = HomeFolder.Open(_folder))
        {
            home.WritePrivate(home.Banner, "x");
            Assert.Equal(Environment.ProcessId, int.Parse(File.ReadAllText(home.ProcessIdFile), System.Globalization.CultureInfo.InvariantCulture));
        }

        Assert.Equal(["lock"], Directory.EnumerateFiles(_folder).Select(Path.GetFileName));
    }
}
