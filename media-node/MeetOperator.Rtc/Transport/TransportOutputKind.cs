namespace MeetOperator.Rtc.Transport;

public enum TransportOutputKind : byte
{
    /// <summary>Send <see cref="TransportOutput.Datagram"/> to <see cref="TransportOutput.To"/>.</summary>
    Transmit,

    /// <summary>The transport is now in <see cref="TransportOutput.State"/>.</summary>
    StateChanged,
}
