using MeetOperator.Kube.Client.Config;
using MeetOperator.Kube.Client.Credentials;
using MeetOperator.Kube.Client.Errors;
using MeetOperator.KubectlMeet.Reading;

namespace MeetOperator.KubectlMeet.Commands;

/// <summary>Says what an error means to the user. Pure.</summary>
internal static class ErrorText
{
    /// <summary>The message for an error that the user can do something about; null for any other, which is a fault of the program.</summary>
    public static string? Of(Exception error) => error switch
    {
        MissingObjectException or KubeConfigException or CredentialException => error.Message,
        KubeApiException { IsUnauthorized: true } => "the API server does not accept your credentials: log in again, or choose another context with --context",
        KubeApiException { IsForbidden: true } denied => $"you may not do this: {denied.Status.Message}",
        KubeApiException { IsNotFound: true } missing => $"the API server does not have this: {missing.Status.Message}",
        KubeApiException { IsConflict: true } conflict => $"the object was changed at the same moment: {conflict.Status.Message}; run the command again",
        KubeApiException refused => $"the API server refused: {refused.Status.Message ?? refused.Message}",
        HttpRequestException unreachable => $"the API server cannot be reached: {Innermost(unreachable)}; check the address in the kubeconfig, your network and your VPN",
        TimeoutException => $"the API server does not answer: {error.Message}",
        IOException or UnauthorizedAccessException => error.Message,
        _ => null,
    };

    private static string Innermost(Exception error) => error.InnerException is { } inner ? Innermost(inner) : error.Message.TrimEnd('.');
}
