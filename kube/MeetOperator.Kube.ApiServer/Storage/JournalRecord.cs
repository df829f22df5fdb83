using System.Buffers;
using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace MeetOperator.Kube.ApiServer.Storage;

/// <summary>
/// A record on disk, little-endian: u32 length of the body, u32 CRC-32C of the body, then the body: u8 kind, i64 version,
/// table, namespace, and name (each with a u16 length, in UTF-8; namespace length 0xFFFF means none), then the JSON of the object.
/// </summary>
internal static class JournalRecord
{
    public const byte Put = 1;
    public const byte Delete = 2;

    /// <summary>The last record of a complete snapshot; carries the version of the snapshot.</summary>
    public const byte End = 3;

    /// <summary>Starts a batch in a log and proves that everything before it is on disk. It changes no object.</summary>
    public const byte Batch = 4;
    private const int HeaderBytes = 8;

    /// <summary>Minimum size of the body: kind, version, and three lengths.</summary>
    private const int MinBytes = 15;
    private const int MaxBytes = 64 << 20;

    /// <summary>Writes a record without an object: <see cref="End"/> or <see cref="Batch"/>.</summary>
    public static void WriteMark(IBufferWriter<byte> output, byte kind, long version) => Write(output, kind, version, new ObjectKey(string.Empty, null, string.Empty), []);

    public static void Write(IBufferWriter<byte> output, byte kind, long version, ObjectKey key, ReadOnlySpan<byte> json)
    {
        var table = Encoding.UTF8.GetByteCount(key.Table);
        var ns = key.Namespace is null ? 0 : Encoding.UTF8.GetByteCount(key.Namespace);
        var name = Encoding.UTF8.GetByteCount(key.Name);
        var length = 1 + 8 + 6 + table + ns + name + json.Length;
        var span = output.GetSpan(HeaderBytes + length)[..(HeaderBytes + length)];
        var body = span[HeaderBytes..];
        body[0] = kind;
        BinaryPrimitives.WriteInt64LittleEndian(body[1..], version);
        var at = 9;
        at += WriteText(body[at..], key.Table, table);
        at += WriteText(body[at..], key.Namespace, ns);
        at += WriteText(body[at..], key.Name, name);
        json.CopyTo(body[at..]);
        BinaryPrimitives.WriteInt32LittleEndian(span, length);
        BinaryPrimitives.WriteUInt32LittleEndian(span[4..], Checksum(body));
        output.Advance(span.Length);
    }

    /// <summary>Reads the record at the start of <paramref name="data"/>. Returns false if it is incomplete or corrupt.</summary>
    public static bool TryRead(ReadOnlySpan<byte> data, out byte kind, out long version, out ObjectKey key, out ReadOnlySpan<byte> json, out int consumed)
    {
        kind = 0;
        version = 0;
        key = default;
        json = default;
        consumed = 0;
        if (data.Length < HeaderBytes)
        {
            return false;
        }

        var length = BinaryPrimitives.ReadInt32LittleEndian(data);
        if (length is < MinBytes or > MaxBytes || data.Length - HeaderBytes < length)
        {
            return false;
        }

        var body = data.Slice(HeaderBytes, length);
        if (Checksum(body) != BinaryPrimitives.ReadUInt32LittleEndian(data[4..]))
        {
            return false;
        }

        kind = body[0];
        version = BinaryPrimitives.ReadInt64LittleEndian(body[1..]);
        body = body[9..];
        key = new ObjectKey(ReadText(ref body)!, ReadText(ref body), ReadText(ref body)!);
        json = body;
        consumed = HeaderBytes + length;
        return true;
    }

    /// <summary>Whether a record may start here; does not verify the checksum.</summary>
    public static bool CanStartRecord(ReadOnlySpan<byte> data) =>
        data.Length >= HeaderBytes + MinBytes
        && BinaryPrimitives.ReadInt32LittleEndian(data) is >= MinBytes and <= MaxBytes
        && data[HeaderBytes] is >= Put and <= Batch;

    private static int WriteText(Span<byte> output, string? text, int bytes)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(output, text is null ? ushort.MaxValue : (ushort)bytes);
        return 2 + (text is null ? 0 : Encoding.UTF8.GetBytes(text, output[2..]));
    }

    private static string? ReadText(ref ReadOnlySpan<byte> data)
    {
        var length = BinaryPrimitives.ReadUInt16LittleEndian(data);
        data = data[2..];
        if (length == ushort.MaxValue)
        {
            return null;
        }

        var text = Encoding.UTF8.GetString(data[..length]);
        data = data[length..];
        return text;
    }

    private static uint Checksum(ReadOnlySpan<byte> data)
    {
        var crc = uint.MaxValue;
        while (data.Length >= 8)
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(data));
            data = data[8..];
        }

        foreach (var value in data)
        {
            crc = BitOperations.Crc32C(crc, value);
        }

        return ~crc;
    }
}
