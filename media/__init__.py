"""Pictures: where their bytes are kept, how hostile ones are opened, what is made of them, and generated ones.

May import domain alone; knows no graph and no HTTP.
"""
