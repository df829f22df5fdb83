namespace MeetOperator.Local.Settings;

/// <summary>Finds programs of this machine that an embedded installation uses if they are installed.</summary>
internal static class InstalledPrograms
{
    /// <summary>Path of a program in one of the folders of PATH, or null.</summary>
    public static string? Find(string name, string? path) =>
        (path ?? string.Empty).Split(':', StringSplitOptions.RemoveEmptyEntries).Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);
}
