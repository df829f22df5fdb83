using System.Runtime.InteropServices;

namespace MeetOperator.Native.OpenSsl;

/// <summary>openssl/core.h: OSSL_PARAM. A zeroed element ends an array.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct OsslParam
{
    internal const uint Utf8String = 4;

    internal byte* Key;
    internal uint DataType;
    internal void* Data;
    internal nuint DataSize;
    internal nuint ReturnSize;
}
