namespace MeetOperator.Native.OpenSsl;

/// <summary>A set-up call of OpenSSL failed. Never thrown for what a peer sent.</summary>
public sealed class OpenSslException(string message) : Exception(message)
{
    /// <summary>Throws with the reason from OpenSSL's error queue unless the call succeeded.</summary>
    internal static void ThrowUnless(bool succeeded, string function)
    {
        if (!succeeded)
        {
            throw new OpenSslException($"{function} failed: {ErrInterop.TakeReason()}");
        }
    }
}
