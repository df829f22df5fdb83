using MeetOperator.MediaNode.Errors;
using MeetOperator.NodeControl;

namespace MeetOperator.MediaNode.Paths;

/// <summary>The relays of the installation, as the operator has named them last. None before. Safe for concurrent use.</summary>
internal sealed class KnownRelays
{
    private volatile RelayTable _table = RelayTable.Empty;
    private volatile string _revision = string.Empty;

    public RelayTable Table => _table;

    /// <summary>The revision of the list; empty before the first one.</summary>
    public string Revision => _revision;

    /// <summary>Replaces the list. An invalid one is rejected and changes nothing.</summary>
    public void Replace(NodeRelays relays)
    {
        if (relays.Revision.Length is 0 or > NodeRelays.MaxRevisionLength || relays.Revision.Any(char.IsControl))
        {
            throw ControlProblemException.InvalidRequest($"revision must have 1 to {NodeRelays.MaxRevisionLength} characters without control characters.");
        }

        if (!RelayTable.TryRead(relays.Sources, out var table, out var problem))
        {
            throw ControlProblemException.InvalidRequest(problem);
        }

        _table = table;
        _revision = relays.Revision;
    }
}
