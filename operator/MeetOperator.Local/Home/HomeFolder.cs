using System.Security.Cryptography;
using System.Text;
using MeetOperator.Local.Settings;

namespace MeetOperator.Local.Home;

/// <summary>The home directory of one installation. Opening it locks it for this process.</summary>
internal sealed class HomeFolder : IDisposable
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly FileStream _lock;

    private HomeFolder(string path, FileStream held)
    {
        Root = path;
        _lock = held;
    }

    public string Root { get; }
    public string ApiData => Path.Combine(Root, "api");
    public string Runtime => Path.Combine(Root, "runtime");
    public string Data => Path.Combine(Root, "data");
    public string Manifests => Path.Combine(Root, "manifests");
    public string AppliedManifests => Path.Combine(Root, "manifests.applied.json");
    public string Kubeconfig => Path.Combine(Root, "kubeconfig");
    public string Banner => Path.Combine(Root, "banner");
    public string ProcessIdFile => Path.Combine(Root, "local.pid");

    /// <summary>Creates missing directories and locks the home for this process.</summary>
    /// <exception cref="LocalException">Another process uses it.</exception>
    public static HomeFolder Open(string path)
    {
        Directory.CreateDirectory(path, Private | UnixFileMode.UserExecute);
        FileStream held;
        try
        {
            held = new FileStream(Path.Combine(path, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e)
        {
            throw new LocalException($"{path} is in use by another 'meet up': stop it with './meet down', or set another MEET_HOME and MEET_PORT to run a second installation ({e.Message})");
        }

        var home = new HomeFolder(path, held);
        foreach (var folder in (string[])[home.ApiData, home.Runtime, home.Data, home.Manifests, home.SecretFolder])
        {
            Directory.CreateDirectory(folder, Private | UnixFileMode.UserExecute);
        }

        home.WritePrivate(home.ProcessIdFile, Environment.ProcessId.ToString(System.Globalization.CultureInfo.InvariantCulture) + "\n");
        File.Delete(home.Banner);
        return home;
    }

    /// <summary>Returns a random 256-bit key as base64 text. Creates and stores it on first use.</summary>
    public string Key(string name)
    {
        var path = Path.Combine(SecretFolder, name);
        if (!File.Exists(path))
        {
            WritePrivate(path, Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)) + "\n");
        }

        return File.ReadAllText(path).Trim();
    }

    /// <summary>Replaces a file atomically; only the current user can read it.</summary>
    public void WritePrivate(string path, string content)
    {
        var fresh = path + ".new";
        File.Delete(fresh);
        using (var file = new FileStream(fresh, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = Private }))
        {
            file.Write(Encoding.UTF8.GetBytes(content));
        }

        File.Move(fresh, path, overwrite: true);
    }

    public void Dispose()
    {
        File.Delete(ProcessIdFile);
        File.Delete(Banner);
        _lock.Dispose();
    }

    private string SecretFolder => Path.Combine(Root, "secrets");
}
