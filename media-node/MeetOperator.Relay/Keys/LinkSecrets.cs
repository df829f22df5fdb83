namespace MeetOperator.Relay.Keys;

/// <summary>The secrets of a link that are valid now, the newest first.</summary>
/// <param name="tags">The tags of the link.</param>
internal sealed class LinkSecrets(LinkTags tags) : IDisposable
{
    private LinkSecret[] _secrets = [];

    /// <summary>The highest epoch; 0 when there is no secret.</summary>
    internal ushort NewestEpoch => _secrets is [var newest, ..] ? newest.Epoch : (ushort)0;

    /// <summary>All epochs, the newest first.</summary>
    internal IEnumerable<ushort> Epochs => _secrets.Select(secret => secret.Epoch);

    internal LinkSecret? Find(ushort epoch) => Array.Find(_secrets, secret => secret.Epoch == epoch);

    /// <summary>Whether there is a secret with an epoch above one and up to another.</summary>
    internal bool HasEpoch(ushort above, ushort upTo)
    {
        foreach (var secret in _secrets)
        {
            if (secret.Epoch > above && secret.Epoch <= upTo)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Replaces all secrets and takes ownership of the new ones. Returns the epochs whose secret is gone or has other bytes now.</summary>
    internal HashSet<ushort> Replace(IEnumerable<LinkSecret> secrets)
    {
        var former = _secrets;
        _secrets = [.. secrets.OrderByDescending(secret => secret.Epoch)];
        Array.ForEach(_secrets, secret => secret.Bind(tags));
        var ended = former.Where(old => Find(old.Epoch) is not { } current || !current.Matches(old)).Select(old => old.Epoch).ToHashSet();
        foreach (var old in former.Except(_secrets))
        {
            old.Dispose();
        }

        return ended;
    }

    public void Dispose() => Replace([]);
}
