namespace MeetOperator.Kube.Client.Credentials;

/// <summary>
/// The program that provides credentials has failed, so no request can be sent. The message names the kubeconfig's field and the fix. It is handled like a server that cannot
/// be reached: the next request runs the program again.
/// </summary>
public sealed class CredentialException(string message, Exception? inner = null) : HttpRequestException(message, inner);
