namespace MeetOperator.Signaling.Kubernetes;

/// <summary>The state of a meeting according to the API server.</summary>
internal enum MeetingState
{
    Live,
    Ended,

    /// <summary>The API server does not respond, or this replica has not read its state yet.</summary>
    Unknown,
}
