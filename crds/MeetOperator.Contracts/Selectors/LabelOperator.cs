namespace MeetOperator.Contracts;

/// <summary>Comparison of a label requirement.</summary>
public enum LabelOperator
{
    In,
    NotIn,
    Exists,
    DoesNotExist,
}
