namespace MeetOperator.Native.OpenSsl;

/// <summary>An OpenSSL set-up call failed. Input from a peer never causes this exception.</summary>
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
