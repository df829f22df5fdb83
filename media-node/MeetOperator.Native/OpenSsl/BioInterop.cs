using System.Runtime.InteropServices;

namespace MeetOperator.Native.OpenSsl;

/// <summary>openssl/bio.h and x509.h: memory BIOs and the DER encoding of certificates.</summary>
internal static unsafe partial class BioInterop
{
    [LibraryImport(EvpInterop.Library, EntryPoint = "BIO_s_mem")]
    internal static partial nint MemoryMethod();

    [LibraryImport(EvpInterop.Library, EntryPoint = "BIO_new")]
    internal static partial nint New(nint method);

    [LibraryImport(EvpInterop.Library, EntryPoint = "BIO_read")]
    internal static partial int Read(nint bio, byte* data, int length);

    [LibraryImport(EvpInterop.Library, EntryPoint = "BIO_write")]
    internal static partial int Write(nint bio, byte* data, int length);

    [LibraryImport(EvpInterop.Library, EntryPoint = "BIO_ctrl_pending")]
    internal static partial nuint Pending(nint bio);

    [LibraryImport(EvpInterop.Library, EntryPoint = "i2d_X509")]
    internal static partial int EncodeCertificate(nint certificate, byte** output);

    [LibraryImport(EvpInterop.Library, EntryPoint = "X509_free")]
    internal static partial void FreeCertificate(nint certificate);
}
