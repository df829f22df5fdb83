namespace MeetOperator.Kube.Client;

/// <summary>
/// The token of the next request. A token file is read each time (it is small and cached by the kernel), because Kubernetes swaps it behind a symbolic link,
/// which changes no time stamp of the path itself. While it cannot be read, the last token is used.
/// </summary>
internal sealed class BearerToken(string? token, string? tokenFile)
{
    private string? _last = token;

    public string? Current()
    {
        if (tokenFile is null)
        {
            return _last;
        }

        try
        {
            var text = File.ReadAllText(tokenFile).Trim();
            if (text.Length > 0)
            {
                _last = text;
            }
        }
        catch (Exception e) when (_last is not null && e is IOException or UnauthorizedAccessException)
        {
            // The kubelet is replacing it; the old one is valid for minutes more.
        }

        return _last;
    }
}
