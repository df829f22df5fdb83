using Microsoft.Win32.SafeHandles;

namespace MeetOperator.Native.OpenSsl;

/// <summary>Owns an SSL object and its two memory BIOs.</summary>
internal sealed class SslHandle : SafeHandleZeroOrMinusOneIsInvalid
{
    public SslHandle()
        : base(ownsHandle: true)
    {
    }

    protected override bool ReleaseHandle()
    {
        SslInterop.Free(handle);
        return true;
    }
}
