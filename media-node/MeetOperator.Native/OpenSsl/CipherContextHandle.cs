using Microsoft.Win32.SafeHandles;

namespace MeetOperator.Native.OpenSsl;

/// <summary>Owns an EVP_CIPHER_CTX.</summary>
internal sealed class CipherContextHandle : SafeHandleZeroOrMinusOneIsInvalid
{
    public CipherContextHandle()
        : base(ownsHandle: true)
    {
    }

    protected override bool ReleaseHandle()
    {
        EvpInterop.FreeCipherContext(handle);
        return true;
    }
}
