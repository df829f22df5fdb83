using System.Text;

namespace MeetOperator.Signaling.Keys;

/// <summary>Parses files with secrets, such as mounted Kubernetes Secrets.</summary>
internal static class KeyFile
{
    /// <summary>Returns one secret per line of a text file, or the whole content of a binary file as one secret.</summary>
    public static IReadOnlyList<byte[]> Lines(byte[] bytes, string path)
    {
        if (bytes.Any(b => b is (< 0x20 or > 0x7E) and not ((byte)'\n' or (byte)'\r')))
        {
            return [bytes];
        }

        List<byte[]> lines = [.. Encoding.ASCII.GetString(bytes)
            .Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Select(Encoding.ASCII.GetBytes)];
        return lines.Count > 0 ? lines : throw new InvalidDataException($"{path} contains no key.");
    }
}
