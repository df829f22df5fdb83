using System.Runtime.InteropServices;
using System.Text;

namespace MeetOperator.Native.OpenSsl;

/// <summary>openssl/err.h: the error queue of the calling thread.</summary>
internal static unsafe partial class ErrInterop
{
    /// <summary>Empties the queue and returns the reason of its first entry.</summary>
    internal static string TakeReason()
    {
        var code = GetError();
        if (code == 0)
        {
            return "OpenSSL gave no reason";
        }

        Clear();
        Span<byte> text = stackalloc byte[256];
        fixed (byte* pointer = text)
        {
            Describe(code, pointer, (nuint)text.Length);
        }

        var end = text.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? text : text[..end]);
    }

    [LibraryImport(EvpInterop.Library, EntryPoint = "ERR_clear_error")]
    internal static partial void Clear();

    [LibraryImport(EvpInterop.Library, EntryPoint = "ERR_get_error")]
    private static partial nuint GetError();

    [LibraryImport(EvpInterop.Library, EntryPoint = "ERR_error_string_n")]
    private static partial void Describe(nuint code, byte* buffer, nuint length);
}
