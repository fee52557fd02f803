"""What a detector makes of a recoil: quenching, smearing, efficiency."""
