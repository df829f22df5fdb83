using Microsoft.Win32.SafeHandles;

namespace MeetOperator.Native.OpenSsl;

/// <summary>Owns an SSL_CTX.</summary>
internal sealed class SslContextHandle : SafeHandleZeroOrMinusOneIsInvalid
{
    public SslContextHandle()
        : base(ownsHandle: true)
    {
    }

    protected override bool ReleaseHandle()
    {
        SslInterop.FreeContext(handle);
        return true;
    }
}
