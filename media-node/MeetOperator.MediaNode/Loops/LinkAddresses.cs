using MeetOperator.Rtc.Datagrams;

namespace MeetOperator.MediaNode.Loops;

/// <summary>
/// The addresses of the other end of a link, and the one in use. While the link does not work, each datagram goes to the next one, because only an answer shows which of them work in
/// both directions. The source addresses of received datagrams have no effect.
/// </summary>
internal sealed class LinkAddresses
{
    private IReadOnlyList<TransportAddress> _addresses;
    private int _index;
    private bool _isFirst = true;

    public LinkAddresses(IReadOnlyList<TransportAddress> addresses) => _addresses = Check(addresses);

    public TransportAddress Current => _addresses[_index];

    /// <summary>Replaces the addresses. The one in use stays in use if it is among them.</summary>
    public void Replace(IReadOnlyList<TransportAddress> addresses)
    {
        var current = Current;
        _addresses = Check(addresses);
        _index = 0;
        for (var i = 0; i < _addresses.Count; i++)
        {
            _index = _addresses[i] == current ? i : _index;
        }
    }

    /// <summary>Takes the next address for a datagram of a link that does not work.</summary>
    public void MoveNext()
    {
        _index = _isFirst ? 0 : (_index + 1) % _addresses.Count;
        _isFirst = false;
    }

    private static IReadOnlyList<TransportAddress> Check(IReadOnlyList<TransportAddress> addresses) =>
        addresses.Count > 0 ? [.. addresses] : throw new ArgumentException("A link needs at least one address of the other end.", nameof(addresses));
}
