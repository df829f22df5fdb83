using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using MeetOperator.Rtc.Ice;

namespace MeetOperator.MediaNode.Loops;

/// <summary>The loop of each session of a media node, its ICE password and its tenant, by username fragment, so that a TCP connection gets to the right loop. Safe for concurrent use.</summary>
internal sealed class UfragDirectory
{
    private readonly ConcurrentDictionary<string, Entry> _entries = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Entry>.AlternateLookup<ReadOnlySpan<char>> _bySpan;

    public UfragDirectory() => _bySpan = _entries.GetAlternateLookup<ReadOnlySpan<char>>();

    public void Add(MediaLoop loop, IceCredentials credentials, string tenant) =>
        _entries[credentials.Ufrag] = new Entry(loop, credentials.Ufrag, Encoding.ASCII.GetBytes(credentials.Password), tenant);

    public void Remove(string ufrag) => _entries.TryRemove(ufrag, out _);

    public bool TryFind(ReadOnlySpan<char> ufrag, [NotNullWhen(true)] out Entry? entry) => _bySpan.TryGetValue(ufrag, out entry);

    internal sealed record Entry(MediaLoop Loop, string Ufrag, byte[] Password, string Tenant);
}
