using System.Formats.Tar;
using System.IO.Compression;
using System.Text;

namespace MeetOperator.KubectlMeet.Bundle;

/// <summary>Writes text files into a tar.gz. All files are in one folder, readable by their owner only.</summary>
internal sealed class BundleArchive : IDisposable
{
    private readonly TarWriter _tar;
    private readonly string _folder;
    private readonly DateTimeOffset _now;

    public BundleArchive(Stream target, string folder, DateTimeOffset now)
    {
        _tar = new TarWriter(new GZipStream(target, CompressionLevel.Optimal), TarEntryFormat.Pax, leaveOpen: false);
        _folder = folder;
        _now = now;
    }

    public void Add(string path, string text)
    {
        using var content = new MemoryStream(Encoding.UTF8.GetBytes(text));
        _tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, $"{_folder}/{path}")
        {
            DataStream = content,
            ModificationTime = _now,
            Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
    }

    public void Dispose() => _tar.Dispose();
}
