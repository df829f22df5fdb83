namespace MeetOperator.Operator.Fleet;

/// <summary>The outcome of a request for the log of a Pod, which the API server reads from the kubelet of the Pod's machine.</summary>
internal enum KubeletAnswer
{
    /// <summary>Anything that shows nothing about the machine, for example an error of the API server.</summary>
    Other,

    /// <summary>The kubelet sent the log.</summary>
    Log,

    /// <summary>The API server got no answer from the machine in time, or could not connect to it.</summary>
    None,

    /// <summary>The operator may not read logs.</summary>
    Forbidden,
}
