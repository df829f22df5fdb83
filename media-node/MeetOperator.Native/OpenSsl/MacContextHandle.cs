using Microsoft.Win32.SafeHandles;

namespace MeetOperator.Native.OpenSsl;

/// <summary>Owns an EVP_MAC_CTX.</summary>
internal sealed class MacContextHandle : SafeHandleZeroOrMinusOneIsInvalid
{
    public MacContextHandle()
        : base(ownsHandle: true)
    {
    }

    protected override bool ReleaseHandle()
    {
        EvpInterop.FreeMacContext(handle);
        return true;
    }
}
