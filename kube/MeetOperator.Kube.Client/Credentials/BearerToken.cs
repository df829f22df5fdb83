namespace MeetOperator.Kube.Client.Credentials;

/// <summary>
/// Provides the token for each request. A token file is read every time (it is small and in the page cache), because Kubernetes replaces it behind a
/// symbolic link, which does not change the time stamp of the path itself. While the file is unreadable, the last token is used.
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
            // The kubelet is replacing the file; the old token stays valid for some minutes.
        }

        return _last;
    }
}
